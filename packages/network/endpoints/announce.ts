/**
 * Tells neighbours of an endpoint's addresses, as often and as fast as its network says: who had one of them before may have
 * had another hardware address, and neighbours remember that one for a while.
 */
import { messageOf } from '#base';
import type { Announcer } from '#kernel';
import type { Host } from '../kernel.ts';
import { macOf } from '../ipam/addresses.ts';
import { advertisingOf } from '../networks/advertise.ts';
import type { NetworkRecord } from '../port.ts';
import type { StoredEndpoint } from '../store.ts';

interface Announcement {
  readonly announcer: Announcer;
  readonly interval: number;
  left: number;
  timer?: NodeJS.Timeout;
}

export class Announcements implements Disposable {
  readonly #host: Pick<Host, 'openAnnouncer'>;
  readonly #warn: (message: string) => void;
  /** By endpoint. */
  readonly #under = new Map<string, Announcement>();

  constructor(host: Pick<Host, 'openAnnouncer'>, warn: (message: string) => void) {
    this.#host = host;
    this.#warn = warn;
  }

  /**
   * Makes ready what `begin` sends; called inside the endpoint's sandbox, where its interface has that index and its addresses. As
   * often as with Docker, but on a bridge of ours not for a hardware address that every owner of the IP address has had: each
   * message goes to every port.
   */
  prepare({ id, macAddress: mac, ipv4, ipv6, containerName }: StoredEndpoint, network: NetworkRecord, index: number): void {
    const isKnown = network.driver === 'bridge' && !ipv6 && ipv4 !== undefined && mac === macOf(ipv4.address);
    const { messages, interval } = advertisingOf(network, isKnown ? 0 : 3);
    if (messages === 0 || mac === '' || (!ipv4 && !ipv6)) return;
    this.forget(id);
    try {
      const announcer = this.#host.openAnnouncer({ index, mac, ipv4: ipv4?.address, ipv6: ipv6?.address });
      this.#under.set(id, { announcer, interval, left: messages });
    } catch (error) {
      this.#warn(`container ${containerName}: its neighbours in ${network.name} are not told of its address: ${messageOf(error)}`);
    }
  }

  /** The first message goes as soon as the caller is done. */
  begin(endpoints: readonly Pick<StoredEndpoint, 'id'>[]): void {
    for (const { id } of endpoints) {
      const its = this.#under.get(id);
      if (its) its.timer = setTimeout(() => this.#send(id, its), 0).unref();
    }
  }

  /** The endpoint is gone, or has no such interface any more: nothing more is sent, and its sandbox is let go. */
  forget(id: string): void {
    const its = this.#under.get(id);
    if (!its) return;
    this.#under.delete(id);
    clearTimeout(its.timer);
    its.announcer[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    for (const id of this.#under.keys()) this.forget(id);
  }

  #send(id: string, its: Announcement): void {
    its.announcer.send();
    its.left--;
    if (its.left === 0) return this.forget(id);
    its.timer = setTimeout(() => this.#send(id, its), its.interval).unref();
  }
}
