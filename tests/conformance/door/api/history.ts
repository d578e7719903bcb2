/**
 * What answers got and lost between versions of the Engine API (its version history, and its descriptions of 1.45, 1.50,
 * 1.51 and 1.55). In the world of `versions.test.ts` each field is there when its version has it.
 */

/** Fields that came: from that version on they are there, before they are not. */
export const came: readonly (readonly [route: string, place: string, from: string])[] = [
  ['GET /containers/{id}/json', 'NetworkSettings.Networks.side.GwPriority', '1.48'],
  ['GET /containers/json', '0.NetworkSettings.Networks.side.GwPriority', '1.48'],
  ['GET /containers/json', '0.HostConfig.Annotations', '1.46'],
  ['GET /containers/json', '0.Health', '1.52'],
  ['GET /networks/{id}', 'EnableIPv4', '1.47'],
  ['GET /networks/{id}', 'Status.IPAM.Subnets', '1.52'],
  ['GET /networks', '0.EnableIPv4', '1.47'],
  ['GET /info', 'FirewallBackend', '1.49'],
  ['GET /info', 'DiscoveredDevices', '1.50'],
  ['GET /info', 'Runtimes.runc.status', '1.44'],
  ['GET /system/df', 'ContainerUsage', '1.52'],
  ['GET /system/df', 'ImageUsage', '1.52'],
  ['GET /system/df', 'VolumeUsage', '1.52'],
  ['GET /system/df', 'BuildCacheUsage', '1.52'],
];

/** Fields that the newest description has no more, by the place that `faultsOf` gives them: that version, and those after it, are without. */
export const went: readonly (readonly [fault: string, without: string])[] = [
  ['GET /info <SystemInfo>.ExecutionDriver', '1.25'],
  ['GET /info <SystemInfo>.KernelMemory', '1.42'],
  ['GET /info <SystemInfo>.KernelMemoryTCP', '1.52'],
  ...fields('GET /info <SystemInfo>', '1.50', 'BridgeNfIptables', 'BridgeNfIp6tables'),
  ...fields('GET /info <SystemInfo>.RegistryConfig<RegistryServiceConfig>', '1.49', 'AllowNondistributableArtifactsCIDRs', 'AllowNondistributableArtifactsHostnames'),
  ...['ContainerdCommit', 'InitCommit', 'RuncCommit'].flatMap((name) => fields(`GET /info <SystemInfo>.${name}<Commit>`, '1.49', 'Expected')),
  ...fields('GET /system/df ', '1.53', 'LayersSize', 'Images', 'Containers', 'Volumes', 'BuildCache'),
  ...fields('GET /images/json <ImageSummary>', '1.44', 'VirtualSize'),
  ...fields('GET /images/{name}/json <ImageInspect>', '1.44', 'VirtualSize'),
  ...fields('GET /images/{name}/json <ImageInspect>', '1.45', 'Container', 'ContainerConfig'),
  ...fields(
    'GET /images/{name}/json <ImageInspect>.Config<ImageConfig>', '1.50',
    'Hostname', 'Domainname', 'AttachStdin', 'AttachStdout', 'AttachStderr', 'Tty', 'OpenStdin', 'StdinOnce', 'Image',
  ),
  ...fields('GET /images/{name}/json <ImageInspect>', 'never', 'Parent', 'DockerVersion'), // left out where they are empty, since 1.52
  ...fields('GET /networks <NetworkSummary>', '1.52', 'Containers'),
  ...fields('GET /events <EventMessage>', '1.52', 'status', 'id', 'from'),
  ...fields(
    'GET /containers/{id}/json <ContainerInspectResponse>.NetworkSettings<NetworkSettings>', '1.52',
    'Bridge', 'HairpinMode', 'LinkLocalIPv6Address', 'LinkLocalIPv6PrefixLen', 'SecondaryIPAddresses', 'SecondaryIPv6Addresses', 'EndpointID', 'Gateway',
    'GlobalIPv6Address', 'GlobalIPv6PrefixLen', 'IPAddress', 'IPPrefixLen', 'IPv6Gateway', 'MacAddress',
  ),
];

function fields(place: string, without: string, ...names: readonly string[]): [fault: string, without: string][] {
  return names.map((name) => [`${place}.${name}`, without]);
}
