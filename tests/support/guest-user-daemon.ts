/** The daemon of the ordinary user that a guest has, and the docker command, which he types in a cgroup of his. Runs inside the guest. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Hopeless, until } from './command.ts';
import type { GuestUser } from './guest-user.ts';

export class GuestUserDaemon {
  readonly #user: GuestUser;
  readonly #shell: string;
  #child: ChildProcess | undefined;
  #log = '';

  /** `shell` is the cgroup that docker commands are typed in, by its path from the root. */
  constructor(user: GuestUser, shell: string) {
    this.#user = user;
    this.#shell = shell;
  }

  /** Starts narud in a cgroup, in the place of one that is there; resolves when it answers. */
  async up(cgroup: string): Promise<void> {
    await this.down('SIGKILL');
    const [command, ...words] = this.#user.words(['/naru/bin/narud'], cgroup);
    const child = (this.#child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'] }));
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (this.#log += chunk.toString()));
    await until('his narud answers', async () => {
      if (child.exitCode !== null) throw new Hopeless(this.#log);
      return this.docker('version').code === 0;
    }, 120);
  }

  /** Resolves when it has ended, or at once where there is none. */
  async down(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  docker(...words: string[]): ReturnType<GuestUser['run']> {
    return this.#user.run(['docker', ...words], { cgroup: this.#shell, env: { DOCKER_HOST: `unix://${this.#user.runtimeDirectory}/naru/naru.sock` } });
  }

  /** What the command printed; fails, with the daemon's log, unless it succeeds. */
  ok(...words: string[]): string {
    const { code, stdout, stderr } = this.docker(...words);
    assert.equal(code, 0, `docker ${words.join(' ')}: ${stdout}${stderr}\n${this.#log}`);
    return stdout.trim();
  }
}
