/** The plan driver on a real kernel. Needs root. */
import { runtimeContract } from '../../packages/runtime/contract.ts';
import { RuntimeWorld } from '../support/bundle.ts';

runtimeContract('plan', () => new RuntimeWorld());
