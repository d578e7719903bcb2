/** A plugin of a test's own: a socket `NAME.sock` in a directory, methods as functions, every call written down. */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

// oxlint-disable-next-line typescript/no-explicit-any -- tests know what they asked for
type Method = (body: any) => object | Promise<object>;

export class TestPlugin implements AsyncDisposable {
  readonly name: string;
  /** `Service.Method` with its body, in order. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests know what they asked for
  readonly calls: { readonly method: string; readonly body: any }[] = [];
  readonly #server: Server;

  private constructor(name: string, implemented: string, methods: Readonly<Record<string, Method>>) {
    this.name = name;
    this.#server = createServer(async (request, response) => {
      const method = request.url?.slice(1) ?? '';
      const words = await text(request);
      const body: unknown = words === '' ? {} : JSON.parse(words);
      this.calls.push({ method, body });
      const answer = method === 'Plugin.Activate' ? { Implements: implemented.split(' ') } : await (methods[method]?.(body) ?? { Err: `no method ${method}` });
      response.writeHead(200, { 'Content-Type': 'application/vnd.docker.plugins.v1.2+json' }).end(JSON.stringify(answer));
    });
  }

  /** Listens; `implemented` is `authz`, `VolumeDriver` or several such words. */
  static async start(directory: string, name: string, implemented: string, methods: Readonly<Record<string, Method>>): Promise<TestPlugin> {
    const plugin = new TestPlugin(name, implemented, methods);
    plugin.#server.listen(join(directory, `${name}.sock`));
    await once(plugin.#server, 'listening');
    return plugin;
  }

  /** Bodies of the calls of one method. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests know what they asked for
  of(method: string): any[] {
    return this.calls.filter((call) => call.method === method).map(({ body }) => body);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
