/** Container names: what they may look like, and one made up where none was given. */
import { randomInt } from 'node:crypto';
import { InvalidArgument } from '#base';

const shape = /^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Throws InvalidArgument in Docker's words; gives the name without a leading slash. */
export function parseContainerName(name: string): string {
  if (!shape.test(name)) throw new InvalidArgument(`Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
  return name.replace(/^\//, '');
}

/** `quiet_noether`, a digit behind it when `taken` says so; `taken` is asked until it says no. */
export function inventName(taken: (name: string) => boolean): string {
  for (let attempt = 0; ; attempt++) {
    const digit = attempt === 0 ? '' : String(randomInt(10 ** Math.min(attempt, 9)));
    const name = `${pick(adjectives)}_${pick(surnames)}${digit}`;
    if (!taken(name)) return name;
  }
}

function pick(words: readonly string[]): string {
  return words[randomInt(words.length)] ?? '';
}

const adjectives = `
  able airy ample apt brisk bright calm candid canny cheery clear cosy crisp daring deft dewy eager early earnest
  easy even fair fleet fond frank fresh gentle glad golden handy hardy hearty honest humble jaunty joyful keen kindly
  lively loyal lucky mellow merry mild mindful misty neat nimble noble patient placid plucky polite prompt proud quick
  quiet ready robust rosy sage sandy seaworthy silent silver sincere snug sober sound spirited spry stately steady
  still stout sunny supple swift tidal tidy tranquil trusty upright valiant warm wide windward wise witty zesty
`.trim().split(/\s+/);

const surnames = `
  abel ampere anning avogadro bernoulli bethe boltzmann boole born cantor carnot cauchy cavendish choi chern cori
  coulomb crick curie dalton dedekind dirac doppler erdos euler fermat fibonacci fourier franklin fresnel gauss
  germain godel hamilton heo hertz hilbert hodgkin hooke huygens jacobi jang joule kelvin kepler kirchhoff kovalevskaya
  lagrange landau laplace lee leibniz lorentz lovelace maxwell meitner mendel minkowski mobius napier nernst newton
  noether ohm pascal pauli payne peano planck poisson ramanujan riemann rubin rutherford sklodowska stokes tesla
  thales turing volta wallis weber weyl wiener woo wu young yukawa
`.trim().split(/\s+/);
