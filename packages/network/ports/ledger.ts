import { errnoOf, Internal } from '#base';
import type { HeldPort, HostPort } from '#kernel';
import type { Host } from '../kernel.ts';
import type { PortBinding } from '../port.ts';
import { listenerAt } from './owner.ts';
import type { PortPlan, PortTarget } from './plan.ts';
import { relay } from './relay.ts';

/**
 * The host ports that this daemon's containers have, each held by a socket so that no other program takes it.
 * Whoever disposes of the ledger gives all of them back.
 */
export class PortLedger implements Disposable {
  readonly #host: Host;
  readonly #relays: Relays;
  /** By endpoint. */
  readonly #held = new Map<string, readonly Held[]>();
  /** `tcp/80` to the addresses at which it is held, and by whom. */
  readonly #taken = new Map<string, { readonly address: string; readonly containerName: string }[]>();
  #lastGiven = 0;

  constructor(host: Host, { relays = 'untranslated' }: { readonly relays?: Relays } = {}) {
    this.#host = host;
    this.#relays = relays;
  }

  /**
   * Holds a port for every plan and returns the bindings as they became. Throws Internal in Docker's words, holding
   * nothing, when one is taken: by whom, as far as that can be seen, is said after them.
   */
  hold(endpointId: string, plans: readonly PortPlan[], container: Container): PortBinding[] {
    try {
      const bindings = new Map<PortPlan, PortBinding[]>();
      for (const plan of plans.toSorted((a, b) => freedom(a) - freedom(b))) bindings.set(plan, this.#holdOne(endpointId, plan, container));
      return plans.flatMap((plan) => bindings.get(plan) ?? []);
    } catch (error) {
      this.release(endpointId);
      throw error;
    }
  }

  /**
   * The same for the very ports that an endpoint has already. One that another program took meanwhile stays the endpoint's:
   * packets are translated to it, so no other container can have it. Returns why such ones could not be held.
   */
  keep(endpointId: string, plans: readonly PortPlan[], container: Container): Internal[] {
    const refusals: Internal[] = [];
    for (const plan of plans) {
      const attempt = this.#tryNumber(endpointId, plan, plan.from, container);
      if (Array.isArray(attempt)) continue;
      refusals.push(attempt);
      this.#take(endpointId, plan.addresses.map((address) => ({ port: { protocol: plan.binding.protocol, address, port: plan.from }, socket: noSocket })), container);
    }
    return refusals;
  }

  release(endpointId: string): void {
    for (const { port, socket } of this.#held.get(endpointId) ?? []) {
      socket[Symbol.dispose]();
      const key = keyOf(port);
      const left = (this.#taken.get(key) ?? []).filter(({ address }) => address !== port.address);
      if (left.length > 0) this.#taken.set(key, left);
      else this.#taken.delete(key);
    }
    this.#held.delete(endpointId);
  }

  [Symbol.dispose](): void {
    for (const endpointId of this.#held.keys()) this.release(endpointId);
  }

  #holdOne(endpointId: string, plan: PortPlan, container: Container): PortBinding[] {
    let refusal: Internal | undefined;
    const routed = plan.routed.map((hostIp) => ({ ...plan.binding, hostIp, hostPort: 0, hostPortEnd: 0 }));
    if (plan.addresses.length === 0) return routed;
    for (const number of candidates(plan, this.#lastGiven)) {
      const attempt = this.#tryNumber(endpointId, plan, number, container);
      if (Array.isArray(attempt)) {
        if (plan.any) this.#lastGiven = number;
        return [...attempt, ...routed].toSorted((a, b) => Number(a.hostIp.includes(':')) - Number(b.hostIp.includes(':'))); // IPv4 first, as Docker shows them
      }
      refusal = attempt;
    }
    const { binding, from, to } = plan;
    if (refusal && from === to) throw refusal;
    throw new Internal(`Bind for ${plan.addresses[0] ?? binding.hostIp}:${from}-${to} failed: all ports are allocated`);
  }

  /** The bindings at this number on every address; or why not, with nothing held. */
  #tryNumber(endpointId: string, { binding, addresses, from, to }: PortPlan, number: number, container: Container): PortBinding[] | Internal {
    const bindings: PortBinding[] = [];
    const held: Held[] = [];
    for (const address of addresses) {
      const port: HostPort = { protocol: binding.protocol, address, port: number };
      const outcome = this.#tryHold(port, binding, container, from === to);
      if (outcome instanceof Internal) {
        for (const { socket } of held) socket[Symbol.dispose]();
        return outcome;
      }
      if (outcome === undefined) continue;
      held.push({ port, socket: outcome });
      bindings.push({ ...binding, hostIp: address, hostPort: number, hostPortEnd: number });
    }
    this.#take(endpointId, held, container);
    return bindings;
  }

  #take(endpointId: string, held: readonly Held[], { name }: Container): void {
    this.#held.set(endpointId, [...(this.#held.get(endpointId) ?? []), ...held]);
    for (const { port } of held) this.#taken.set(keyOf(port), [...(this.#taken.get(keyOf(port)) ?? []), { address: port.address, containerName: name }]);
  }

  /** The held port; undefined where the kernel lacks the protocol or the host has no IPv6 after all; Internal when it is taken, `naming` by whom. */
  #tryHold(port: HostPort, binding: PortBinding, container: Container, naming: boolean): HeldPort | Internal | undefined {
    const text = `${bracket(port.address)}:${port.port}`;
    const holder = (this.#taken.get(keyOf(port)) ?? []).find((other) => collide(other.address, port.address));
    if (holder) return new Internal(`Bind for ${text} failed: port is already allocated (container ${holder.containerName})`);
    try {
      const family = port.address.includes(':') ? 6 : 4;
      const host = this.#relayTarget(family, container);
      if (port.protocol === 'sctp' || host === undefined) return this.#host.hold(port);
      return relay(this.#host.hold(port, { served: true }), { protocol: port.protocol, family, host, port: binding.containerPort });
    } catch (error) {
      const code = errnoOf(error);
      if (code === 'EPROTONOSUPPORT' || code === 'ESOCKTNOSUPPORT') return noSocket;
      if (port.address === '::' && binding.hostIp === '' && (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL')) return undefined;
      const words = error instanceof Error ? error.message.slice(error.message.lastIndexOf(': ') + 2) : String(error);
      return new Internal(`failed to bind host port for ${text}:${bracket(container.ipv4 ?? container.ipv6 ?? '')}:${binding.containerPort}/${port.protocol}: ${words}${naming && code === 'EADDRINUSE' ? parenthesis(listenerAt(port)) : ''}`, { cause: error });
    }
  }

  #relayTarget(family: 4 | 6, container: Container): string | undefined {
    if (this.#relays === 'none') return undefined;
    return this.#relays === 'all' ? ownAddress(family, container) : relayedTo(family, container);
  }
}

interface Held {
  readonly port: HostPort;
  readonly socket: HeldPort;
}

/** Of a port that is the daemon's by its own ledger alone. */
const noSocket: HeldPort = { fd: -1, [Symbol.dispose]: () => {} };

/** What the daemon relays to published ports: what the kernel does not translate, everything where no rule does, or nothing. */
type Relays = 'untranslated' | 'all' | 'none';

interface Container extends PortTarget {
  readonly name: string;
}

/** Where what the kernel does not translate goes on to: all of a family that the container lacks, and the host's own ::1. */
function relayedTo(family: 4 | 6, { ipv4, ipv6 }: Container): string | undefined {
  if (family === 6) return ipv6 ?? ipv4;
  return ipv4 === undefined ? ipv6 : undefined;
}

/** The container's address of that family, of the other where it has none. */
function ownAddress(family: 4 | 6, { ipv4, ipv6 }: Container): string | undefined {
  return family === 6 ? (ipv6 ?? ipv4) : (ipv4 ?? ipv6);
}

function parenthesis(words: string | undefined): string {
  return words === undefined ? '' : ` (${words})`;
}

/** Who wants one certain port comes before those that take any: these must not take it. */
function freedom({ from, to, any }: PortPlan): number {
  if (any) return 2;
  return from === to ? 0 : 1;
}

/** Numbers to try, in order: from the first, or going round from the one after the last given. */
function* candidates({ from, to, any }: PortPlan, lastGiven: number): Generator<number> {
  const size = to - from + 1;
  const start = any && lastGiven >= from && lastGiven < to ? lastGiven + 1 - from : 0;
  for (let i = 0; i < size; i++) yield from + ((start + i) % size);
}

function keyOf({ protocol, port }: HostPort): string {
  return `${protocol}/${port}`;
}

/** Two addresses collide when they are the same, or one of them stands for the other's whole family. */
function collide(a: string, b: string): boolean {
  if (a.includes(':') !== b.includes(':')) return false;
  return a === b || [a, b].some((address) => address === '0.0.0.0' || address === '::');
}

function bracket(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
