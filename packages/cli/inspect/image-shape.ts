/** `image.InspectResponse`. */
import { any, empty, listOf, mapOf, number, pointer, struct, text } from './shape.ts';

const config = struct('v1.DockerOCIImageConfig', {
  User: text, ExposedPorts: mapOf(empty), Env: listOf(text), Entrypoint: listOf(text), Cmd: listOf(text), Volumes: mapOf(empty), WorkingDir: text, Labels: mapOf(text), StopSignal: text, ArgsEscaped: any,
  Healthcheck: any, OnBuild: listOf(text), Shell: listOf(text),
});
const rootfs = struct('image.RootFS', { Type: text, Layers: listOf(text) });
const driver = struct('storage.DriverData', { Data: mapOf(text), Name: text });
const metadata = struct('image.Metadata', { LastTagTime: text });

export const imageShape = struct('image.InspectResponse', {
  'ID/Id': text, RepoTags: listOf(text), RepoDigests: listOf(text), Parent: text, Comment: text, Created: text, DockerVersion: text, Author: text, Config: pointer(config), Architecture: text, Variant: text,
  Os: text, OsVersion: text, Size: number, VirtualSize: number, GraphDriver: driver, RootFS: rootfs, Metadata: metadata, Descriptor: any, Manifests: listOf(any),
});
