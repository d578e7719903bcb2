/** One narud with busybox for all tests of a file. */
import { after, before } from 'node:test';
import { Daemon } from './daemon.ts';
import { importBusybox } from './images.ts';

export interface SharedDaemon {
  /** Once tests run. */
  daemon(): Daemon;
  /** The docker command; what it prints. Throws when it fails. */
  docker(...args: string[]): Promise<string>;
}

/** Starts it before the file's first test, ends it after the last. */
export function sharedDaemon(...flags: string[]): SharedDaemon {
  let shared: Daemon | undefined;
  before(async () => {
    shared = await Daemon.start(...flags);
    await importBusybox(shared);
  });
  after(() => shared?.[Symbol.asyncDispose]());
  const daemon = (): Daemon => {
    if (!shared) throw new Error('it is started before the first test');
    return shared;
  };
  return { daemon, docker: (...args) => daemon().ok('docker', args) };
}
