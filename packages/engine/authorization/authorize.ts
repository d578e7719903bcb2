/**
 * Authorization plugins (`--authorization-plugin`): each is asked about every request, and about every answer before it
 * goes out. The first that says no, or does not answer, ends it.
 *
 *   request ─▶ AuthZPlugin.AuthZReq, plugin after plugin ─▶ handler ─▶ AuthZPlugin.AuthZRes, in reverse ─▶ answer
 *
 * A stream's answer has begun when its plugins are asked: they learn of it and cannot hold it back.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { Forbidden, Internal, messageOf } from '#base';
import type { Plugins } from '#plugins';
import type { Engine } from '../context.ts';
import type { Route } from '../router.ts';
import type { HttpApiReply } from '../server-reply.ts';
import type { HttpApiRequest } from '../server-request.ts';

/** Bytes of a body that plugins are shown. A request with a larger one is refused: nobody could judge it. */
const bodyLimit = 1 << 20;

/** What every answer that is kept back is. */
const answerType = 'application/json';

const secret = ['authorization', 'x-registry-auth', 'x-registry-config'];

/** What plugins are told. Bodies are base64. */
interface AuthorizationRequest {
  readonly User?: string;
  readonly UserAuthNMethod?: string;
  readonly RequestMethod: string;
  readonly RequestUri: string;
  readonly RequestBody?: string;
  readonly RequestHeaders: Readonly<Record<string, string>>;
  readonly RequestPeerCertificates?: readonly string[];
}

interface AuthorizationAnswer {
  readonly Allow?: boolean;
  readonly Msg?: string;
}

type Needs = Pick<Engine, 'config' | 'log' | 'plugins'>;

/** Handles a request between the plugins' two words. Throws Forbidden (`authorization denied by plugin x: …`), Internal for a plugin that fails. */
export function authorization(engine: Needs): (request: HttpApiRequest, reply: HttpApiReply, route: Route) => Promise<void> {
  return async (request, reply, route) => {
    const names = engine.config.authorizationPlugins;
    const told = await describe(request);
    for (const name of names) await ask(engine.plugins, name, 'AuthZPlugin.AuthZReq', told);
    reply.keepAnswer();
    const failure = await handled(route, request, reply).then(() => undefined, (error: unknown) => ({ error }));
    const answered = { ...told, ...describeAnswer(told.RequestUri, reply) };
    try {
      for (const name of names.toReversed()) await ask(engine.plugins, name, 'AuthZPlugin.AuthZRes', answered);
    } catch (error) {
      reply.discard();
      throw failure ? failure.error : error;
    }
    if (failure) {
      reply.discard();
      throw failure.error;
    }
    reply.release();
  };
}

async function handled(route: Route, request: HttpApiRequest, reply: HttpApiReply): Promise<void> {
  await route.handle(request, reply);
}

async function ask(plugins: Plugins, name: string, method: string, told: object): Promise<void> {
  let answer: AuthorizationAnswer;
  try {
    const plugin = await plugins.get(name, 'authz');
    answer = await plugin.call<AuthorizationAnswer>(method, told);
  } catch (error) {
    throw new Internal(`plugin ${name} failed with error: ${messageOf(error)}`, { cause: error });
  }
  if (answer.Allow !== true) throw new Forbidden(`authorization denied by plugin ${name}: ${answer.Msg ?? ''}`);
}

async function describe(request: HttpApiRequest): Promise<AuthorizationRequest> {
  const shown = showsBody(request.body.url ?? '', request.headers['content-type']);
  const body = shown ? await request.peek(bodyLimit) : undefined;
  if (shown && !body) throw new Internal(`request body too large for authorization plugin: size exceeds ${bodyLimit} bytes`);
  return {
    ...userOf(request.body),
    RequestMethod: request.method,
    RequestUri: request.body.url ?? '',
    ...(body && body.length > 0 && { RequestBody: body.toString('base64') }),
    RequestHeaders: flatten(request.headers),
  };
}

function describeAnswer(url: string, reply: HttpApiReply): object {
  const kept = reply.kept;
  const ResponseHeaders = flatten(Object.fromEntries(reply.headers));
  if (!kept) return { ResponseStatusCode: reply.raw.statusCode, ResponseHeaders };
  if (kept.body === undefined) return { ResponseStatusCode: kept.status, ResponseHeaders };
  const shown = showsBody(url, answerType);
  return { ResponseStatusCode: kept.status, ResponseHeaders: { ...ResponseHeaders, 'Content-Type': answerType }, ...(shown && { ResponseBody: Buffer.from(kept.body).toString('base64') }) };
}

/** JSON alone, and never of the endpoints that deal in credentials. */
function showsBody(url: string, type = ''): boolean {
  if (/^[^/]*\/(v\d[\d.]*\/)?auth/.test(url)) return false;
  return type.split(';')[0]?.trim().toLowerCase() === 'application/json';
}

/** Who holds a client certificate is named by it; the certificate itself is base64 of its PEM. */
function userOf({ socket }: IncomingMessage): Pick<AuthorizationRequest, 'User' | 'UserAuthNMethod' | 'RequestPeerCertificates'> {
  const certificate = (socket as Partial<TLSSocket>).getPeerX509Certificate?.();
  if (!certificate) return {};
  const name = /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? '';
  return { User: name, UserAuthNMethod: 'TLS', RequestPeerCertificates: [Buffer.from(certificate.toString()).toString('base64')] };
}

/** Header names as Go writes them, the first value of each; credentials are nobody's to see. */
function flatten(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      const first = Array.isArray(value) ? value[0] : value;
      return first === undefined || secret.includes(name.toLowerCase()) ? [] : [[name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase()), String(first)]];
    }),
  );
}
