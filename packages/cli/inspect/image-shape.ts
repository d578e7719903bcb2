/** `image.InspectResponse`. */
import { any, duration, empty, listOf, mapOf, number, pointer, struct, text, time } from './shape.ts';

const healthcheck = struct('v1.HealthcheckConfig', { Test: listOf(text), Interval: duration, Timeout: duration, StartPeriod: duration, StartInterval: duration, Retries: number });

const config = struct('v1.DockerOCIImageConfig', {
  User: text, ExposedPorts: mapOf(empty), Env: listOf(text), Entrypoint: listOf(text), Cmd: listOf(text), Volumes: mapOf(empty), WorkingDir: text, Labels: mapOf(text), StopSignal: text, ArgsEscaped: any,
  Healthcheck: pointer(healthcheck), OnBuild: listOf(text), Shell: listOf(text),
});
const rootfs = struct('image.RootFS', { Type: text, Layers: listOf(text) });
const driver = struct('storage.DriverData', { Data: mapOf(text), Name: text });
const metadata = struct('image.Metadata', { LastTagTime: time });

export const imageShape = struct('image.InspectResponse', {
  'ID/Id': text, RepoTags: listOf(text), RepoDigests: listOf(text), Parent: text, Comment: text, Created: text, DockerVersion: text, Author: text, Config: pointer(config), Architecture: text, Variant: text,
  Os: text, OsVersion: text, Size: number, VirtualSize: number, GraphDriver: driver, RootFS: rootfs, Metadata: metadata, Descriptor: any, Manifests: listOf(any),
});
