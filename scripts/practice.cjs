'use strict';
/*
 * Does once, while a single executable is built (start.cjs), what its commands do with Node at every start: of Node's own functions
 * those that were called here are compiled in the start-up snapshot, and no others. One that is missing here is compiled at the start, some 20 µs
 * each. Nothing of ours is loaded.
 *
 * Takes a directory of its own with a socket `echo` in it, which says what it is told, and resolves when all is closed again.
 */
const { EventEmitter } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const tty = require('node:tty');
const util = require('node:util');

module.exports = async (directory) => {
  useFiles(path.join(directory, 'file'));
  useBytes(Buffer.alloc(64));
  path.resolve(directory, '.');
  await useSocket(path.join(directory, 'echo'));
};

function useFiles(file) {
  fs.existsSync(path.dirname(file));
  path.basename(file);
  path.relative('/', path.normalize(file));
  const below = path.join(file, path.isAbsolute(file) ? 'd' : 'relative');
  fs.mkdirSync(below, { recursive: true, mode: 0o711 });
  fs.mkdirSync(path.join(file, 'e'));
  fs.rmdirSync(path.join(file, 'e'));
  fs.writeFileSync(path.join(below, 'a'), 'text', { mode: 0o644 });
  fs.renameSync(path.join(below, 'a'), path.join(below, 'b'));
  const opened = fs.openSync(path.join(below, 'b'), 'r');
  fs.fstatSync(opened);
  fs.closeSync(opened);
  fs.readFileSync(path.join(below, 'b'));
  fs.readFileSync(path.join(below, 'b'), 'utf8');
  fs.statSync(below, { throwIfNoEntry: false });
  fs.lstatSync(below);
  fs.readdirSync(below);
  fs.symlinkSync('b', path.join(below, 'a'));
  fs.readlinkSync(path.join(below, 'a'));
  fs.rmSync(path.join(below, 'a'), { force: true });
  fs.rmSync(file, { recursive: true, force: true });
  try {
    fs.readFileSync(file);
  } catch ({ errno }) {
    util.getSystemErrorName(errno);
  }
}

function useBytes(bytes) {
  for (const kind of ['UInt8', 'UInt16LE', 'UInt32LE', 'Int32LE', 'BigUInt64LE', 'BigInt64LE', 'UInt16BE', 'UInt32BE']) {
    bytes[`write${kind}`](kind.startsWith('Big') ? 1n : 1, 8);
    bytes[`read${kind}`](8);
  }
  Buffer.concat([bytes.subarray(1), bytes.slice(2), Buffer.from('text')]).toString();
  bytes.write('a', 1);
  bytes.write('a', 1, 'UTF-8');
  bytes.toString('latin1', 1, 2);
  bytes.indexOf(1);
  bytes.copy(bytes, 1);
  Buffer.byteLength('a');
  for (let pool = 0; pool < 4; pool++) Buffer.allocUnsafe(Buffer.poolSize / 3);
}

async function useSocket(name) {
  const { promise, resolve, reject } = Promise.withResolvers();
  const socket = net.connect(name);
  socket.on('error', reject).once('data', () => socket.end()).on('end', () => {}).once('close', resolve);
  socket.write('text');
  socket.write(Buffer.from('text'));
  clearTimeout(setTimeout(reject, 1000).unref().ref()); // an unreferenced one would leave its list behind
  await new Promise((soon) => setImmediate(soon));
  const { signal } = new AbortController();
  signal.addEventListener('abort', signal.aborted ? resolve : reject);
  tty.isatty(0);
  new EventEmitter().once('event', () => {}).on('event', () => {}).emit('event');
  const listener = () => {};
  process.on('event', listener).off('event', listener);
  await promise;
  await new Promise((fired) => setTimeout(fired, 1)); // until one goes off Node takes what it cleared for due, and sets no alarm for what comes later
}
