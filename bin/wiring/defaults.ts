/** What the daemon's configuration means for each room that has defaults of its own. */
import { machine, type EngineConfig } from '#engine';
import type { ImagesOptions } from '#images';
import type { DefaultNetworkOptions } from '#network';

/** Read by the image room each time: a reload changes the configuration in place. */
export function transfersOf(config: EngineConfig): Pick<ImagesOptions, 'registries' | 'limits'> {
  return {
    registries: {
      get mirrors() {
        return config.registryMirrors;
      },
      get insecure() {
        return config.insecureRegistries;
      },
      certsDir: '/etc/docker/certs.d',
    },
    limits: {
      get downloads() {
        return config.maxConcurrentDownloads;
      },
      get uploads() {
        return config.maxConcurrentUploads;
      },
      get attempts() {
        return config.maxDownloadAttempts;
      },
    },
  };
}

/** What networks are made with that say nothing of it. */
export function networkDefaults({ bridge, bip, bip6, mtu, fixedCidr, fixedCidr6, ipv6, defaultGateway, defaultGateway6, icc, ipMasquerade, defaultBindingIp, defaultAddressPools }: EngineConfig): DefaultNetworkOptions {
  return {
    ...(bridge ? { bridge } : {}),
    ...(bip ? { bip } : {}),
    ...(bip6 ? { bip6 } : {}),
    ...(mtu ? { mtu } : {}),
    ...(fixedCidr ? { fixedCidr } : {}),
    ...(fixedCidr6 ? { fixedCidr6 } : {}),
    ...(defaultGateway ? { defaultGateway } : {}),
    ...(defaultGateway6 ? { defaultGateway6 } : {}),
    ipv6,
    icc,
    masquerade: ipMasquerade,
    bindingIp: defaultBindingIp,
    addressPools: defaultAddressPools,
  };
}

/** What build steps run with: as containers do, with the host's cgroup namespace where cgroups are version 1. */
export function buildDefaults({ cgroupParent, usernsRemap, defaultShmSize, dns, bridge }: EngineConfig) {
  const own = 'private' as const;
  const namespaces = { pid: own, ipc: own, uts: own, cgroup: machine().cgroupVersion === 1 ? ('host' as const) : own, user: usernsRemap === '' ? ('host' as const) : own };
  return { cgroupParent, namespaces, dns, network: bridge === 'none' ? undefined : 'bridge', shmSize: defaultShmSize };
}
