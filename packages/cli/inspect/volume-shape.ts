/** `volume.Volume`. */
import { any, mapOf, number, pointer, struct, text } from './shape.ts';

export const volumeShape = struct('volume.Volume', {
  ClusterVolume: pointer(any, '*volume.ClusterVolume'), CreatedAt: text, Driver: text, Labels: mapOf(text), Mountpoint: text, Name: text, Options: mapOf(text), Scope: text, Status: mapOf(any),
  UsageData: pointer(struct('volume.UsageData', { RefCount: number, Size: number })),
});
