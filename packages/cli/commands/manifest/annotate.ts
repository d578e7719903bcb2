import { InvalidArgument, NotFound } from '#base';
import type { Platform } from '#spec';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { string, strings } from '../../command/flag-types.ts';
import { named } from './create.ts';
import { ManifestStore } from './store.ts';

/** What Go builds for, with Docker's additions; a list may name no other platform. */
const platforms: Readonly<Record<string, string>> = {
  darwin: '386 amd64 arm arm64', dragonfly: 'amd64', freebsd: '386 amd64 arm', netbsd: '386 amd64 arm', openbsd: '386 amd64 arm', plan9: '386 amd64', solaris: 'amd64',
  linux: '386 amd64 arm arm64 loong64 mips mipsle mips64 mips64le ppc64 ppc64le riscv64 s390x', windows: '386 amd64 arm arm64',
};

/** `manifest annotate MANIFEST_LIST MANIFEST`: which platform a member is for. */
export default command({
  usage: '[OPTIONS] MANIFEST_LIST MANIFEST',
  takes: exactly(2),
  flags: {
    arch: string('Set architecture'),
    os: string('Set operating system'),
    'os-features': strings('Set operating system feature'),
    'os-version': string('Set operating system version'),
    variant: string('Set architecture variant'),
  },
  async run({ arguments: [name = '', member = ''], flags }, cli) {
    const store = new ManifestStore(cli.globals.config);
    const list = named(name, 'annotate: error parsing name for manifest list');
    const ref = named(member, 'annotate: error parsing name for manifest');
    const stored = store.get(list, ref);
    if (!stored) throw new NotFound(`manifest for image ${member} does not exist in ${name}`);
    const before: Platform = stored.Descriptor.platform ?? { architecture: '', os: '' };
    const features = flags['os-features'].length > 0 ? flags['os-features'] : before['os.features'];
    const version = flags['os-version'] || before['os.version'];
    const variant = flags.variant || before.variant;
    const platform: Platform = {
      architecture: flags.arch || before.architecture,
      os: flags.os || before.os,
      ...(version ? { 'os.version': version } : {}),
      ...(features ? { 'os.features': features } : {}),
      ...(variant ? { variant } : {}),
    };
    if (!Object.hasOwn(platforms, platform.os) || !platforms[platform.os]?.split(' ').includes(platform.architecture)) throw new InvalidArgument(`manifest entry for image has unsupported os/arch combination: ${flags.os}/${flags.arch}`);
    store.put(list, ref, { ...stored, Descriptor: { ...stored.Descriptor, platform } });
  },
});
