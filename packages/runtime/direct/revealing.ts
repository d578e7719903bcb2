/** Whole mounts of proc and sysfs on the host: within reach of a container they are the kernel's leave to mount another. */
import { readFileSync } from 'node:fs';

/** Where they are, but below `rootfs`; the innermost first. */
export function readRevealing(rootfs: string): string[] {
  return revealing(readFileSync('/proc/self/mountinfo', 'utf8'), rootfs);
}

/** From the text of /proc/self/mountinfo (proc(5)). */
export function revealing(mountinfo: string, rootfs: string): string[] {
  const found = mountinfo.split('\n').flatMap((line) => {
    const [own = '', of = ''] = line.split(' - ');
    const [, , , root, escaped = ''] = own.split(' ');
    const path = escaped.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    const whole = root === '/' && /^(?:proc|sysfs) /.test(of);
    return whole && !`${path}/`.startsWith(`${rootfs}/`) ? [path] : [];
  });
  return found.toReversed();
}
