/** The default profile in the kernel: whether this host has AppArmor for us, and whether the profile is there. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { Internal, messageOf } from '#base';
import { inUserNamespace, securityModules } from '#kernel';
import { defaultProfile, profileText, unconfined } from './profile.ts';

const parser = '/sbin/apparmor_parser';

/** Containers have profiles: as dockerd asks, who has none for them where the parser is missing. */
export function supportsAppArmor(): boolean {
  return isOurs() && existsSync(parser);
}

/** Nothing else keeps containers from having them. */
export function lacksParser(): boolean {
  return isOurs() && !existsSync(parser);
}

/** AppArmor is on, and we are not in a container ourselves or an ordinary user's, where the profiles are not ours to load. */
function isOurs(): boolean {
  return !inUserNamespace() && securityModules().apparmor !== undefined && !process.env['container'];
}

/** Loads it unless it is there: an upgrade of the host's profiles may have taken it away. Throws Internal in dockerd's words. */
export async function ensureDefaultProfile(): Promise<void> {
  if (await isLoaded()) return;
  try {
    await load();
  } catch (error) {
    throw new Internal(`AppArmor enabled on system but the ${defaultProfile} profile could not be loaded: ${messageOf(error)}`, { cause: error });
  }
}

async function isLoaded(): Promise<boolean> {
  try {
    const profiles = await readFile('/sys/kernel/security/apparmor/profiles', 'utf8');
    return profiles.split('\n').some((line) => line.startsWith(`${defaultProfile} `));
  } catch (error) {
    throw new Internal(`Could not check if ${defaultProfile} AppArmor profile was loaded: ${messageOf(error)}`, { cause: error });
  }
}

/** Read from stdin and kept out of its cache (-K), which may lie where nothing can be written. */
async function load(): Promise<void> {
  const run = promisify(execFile)(parser, ['-Kr'], { timeout: 60_000 });
  run.child.stdin?.on('error', () => undefined); // one that ends without reading says why on stderr
  run.child.stdin?.end(profileText({ abi: has('abi/3.0'), tunables: has('tunables/global'), base: has('abstractions/base'), daemon: ownProfile() }));
  await run.catch((error: { readonly stdout?: string; readonly stderr?: string }) => {
    throw new Internal(`running \`${parser} -Kr\` failed with output: ${error.stdout ?? ''}${error.stderr ?? ''}\nerror: ${messageOf(error)}`, { cause: error });
  });
}

function has(macro: string): boolean {
  return existsSync(`/etc/apparmor.d/${macro}`);
}

/** `name (enforce)`, or `unconfined`. */
function ownProfile(): string {
  return readFileSync('/proc/self/attr/current', 'utf8').split(/[\s\0]/)[0] || unconfined;
}
