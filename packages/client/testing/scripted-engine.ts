/** An engine on a unix socket that says exactly the bytes a test gives it: for what no real one would send. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Answers a request head (without the blank line): the bytes to send, or undefined to hang up. */
export type Script = (head: string, socket: Socket) => string | undefined;

export class ScriptedEngine implements AsyncDisposable {
  /** The first line of every request. */
  readonly asked: string[] = [];
  connections = 0;
  readonly socket: string;
  readonly #directory: string;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  private constructor(directory: string, script: Script) {
    this.#directory = directory;
    this.socket = join(directory, 'engine.sock');
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#serve(socket, script));
  }

  static async start(script: Script): Promise<ScriptedEngine> {
    const engine = new ScriptedEngine(await mkdtemp(join(tmpdir(), 'naru-scripted-')), script);
    engine.#server.listen(engine.socket);
    await once(engine.#server, 'listening');
    return engine;
  }

  get host(): string {
    return `unix://${this.socket}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
    await rm(this.#directory, { recursive: true, force: true });
  }

  #serve(socket: Socket, script: Script): void {
    this.connections++;
    this.#open.add(socket);
    socket.on('error', () => {}); // the client may hang up at any time
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const head = text.slice(0, end);
        text = text.slice(end + 4);
        this.asked.push(head.split('\r\n', 1)[0] ?? '');
        const answer = script(head, socket);
        if (answer === undefined) socket.destroy();
        else socket.write(answer);
      }
    });
    socket.on('end', () => socket.end());
  }
}

/** A whole answer with a body of known length. */
export function answer(status: string, body = '', headers = ''): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;
}

/** Pings of an engine that speaks up to `version`, other requests as `script` has them. */
export function pinging(version: string, script: Script = () => answer('200 OK')): Script {
  return (head, socket) => (/^\S+ \S*\/_ping /.test(head) ? answer('200 OK', '', `Api-Version: ${version}\r\nOstype: linux\r\n`) : script(head, socket));
}
