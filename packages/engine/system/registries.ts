import type { RegistryServiceConfig } from '#spec';
import type { EngineConfig } from '../context.ts';

/** Loopback registries may speak plain HTTP, always. */
const loopback = ['::1/128', '127.0.0.0/8'];

/** How the daemon reaches registries, as info shows it. `legacy`: fields that API 1.49 dropped. */
export function registryConfig(config: EngineConfig, options: { legacy: boolean }): RegistryServiceConfig {
  const mirrors = config.registryMirrors.map((mirror) => (mirror.endsWith('/') ? mirror : `${mirror}/`));
  const cidrs = config.insecureRegistries.filter((registry) => registry.includes('/'));
  const hosts = config.insecureRegistries.filter((registry) => !registry.includes('/'));
  const insecure = hosts.map((Name) => [Name, { Name, Mirrors: [], Secure: false, Official: false }] as const);
  return {
    ...(options.legacy ? { AllowNondistributableArtifactsCIDRs: null, AllowNondistributableArtifactsHostnames: null } : {}),
    InsecureRegistryCIDRs: [...loopback, ...cidrs],
    IndexConfigs: {
      'docker.io': { Name: 'docker.io', Mirrors: mirrors, Secure: true, Official: true },
      ...Object.fromEntries(insecure),
    },
    Mirrors: mirrors.length > 0 ? mirrors : null,
  };
}
