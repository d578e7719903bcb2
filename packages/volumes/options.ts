/** The local driver's options: `type`, `device` and `o` as mount(8) has them, `size`. */
import { InvalidArgument, NotImplemented, quote } from '#base';

const known = ['type', 'device', 'o', 'size'];
const needs: Readonly<Record<string, readonly string[]>> = { device: ['type'], type: ['device'], o: ['device', 'type'] };

/** Throws InvalidArgument in Docker's words. */
export function validateOptions(options: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new InvalidArgument(`invalid option: ${quote(name)}`);
  }
  for (const [name, others] of Object.entries(needs)) {
    if (options[name] === undefined) continue;
    for (const other of others) {
      if (options[other] === undefined) throw new InvalidArgument(`missing required option: ${quote(other)}`);
    }
  }
  if (options['size'] !== undefined) throw new NotImplemented('quota size requested but no quota support');
}

/** The mount of a volume: its own directory, or what its options name. Done inside the container's mount namespace alone. */
export function mountOf(mountpoint: string, options: Readonly<Record<string, string>>): { type: string; source: string; options: string[] } {
  const { type, device, o = '' } = options;
  if (type === undefined || device === undefined) return { type: 'bind', source: mountpoint, options: ['rbind'] };
  const words = o.split(',').filter(Boolean);
  const bind = words.includes('bind') || words.includes('rbind');
  return { type: bind ? 'bind' : type, source: device, options: words };
}
