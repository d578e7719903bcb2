export { decodeName, encodeName } from './bytes.ts';
export { encodeHeader, tarEnd } from './encode.ts';
export { tarBlock, tarPadding, type TarHeader, type TarMember, type TarType } from './header.ts';
export { TarParser, type TarSink } from './parser.ts';
export { readTar, type TarReading } from './read.ts';
export { writeTar, type TarEntry } from './write.ts';
