/**
 * SHA-256 (FIPS 180-4) without waiting: Web Crypto answers later, and only on pages that came over HTTPS.
 * @module
 */

/** @type {number[]} */
const PRIMES = [];
for (let candidate = 2; PRIMES.length < 64; candidate++) {
  if (PRIMES.every((prime) => candidate % prime !== 0)) PRIMES.push(candidate);
}
/** @param {number} root */
const fraction = (root) => ((root % 1) * 2 ** 32) | 0;
const CONSTANTS = PRIMES.map((prime) => fraction(Math.cbrt(prime)));
const START = PRIMES.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));

/**
 * The digest of a text in UTF-8, as 64 hexadecimal digits.
 * @param {string} text
 */
export function sha256(text) {
  const bytes = new TextEncoder().encode(text);
  const blocks = Math.ceil((bytes.length + 9) / 64);
  const padded = new DataView(new ArrayBuffer(blocks * 64));
  bytes.forEach((byte, index) => {
    padded.setUint8(index, byte);
  });
  padded.setUint8(bytes.length, 0x80);
  padded.setBigUint64(blocks * 64 - 8, BigInt(bytes.length) * 8n);
  const state = [...START];
  for (let block = 0; block < blocks; block++) compress(state, words(padded, block * 64));
  return state.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

/**
 * The message schedule of one block.
 * @param {DataView} padded
 * @param {number} offset
 */
function words(padded, offset) {
  const found = new Int32Array(64);
  for (let t = 0; t < 16; t++) found[t] = padded.getInt32(offset + 4 * t);
  for (let t = 16; t < 64; t++) {
    const [near, far] = [found[t - 2], found[t - 15]];
    const small = turn(far, 7) ^ turn(far, 18) ^ (far >>> 3);
    const large = turn(near, 17) ^ turn(near, 19) ^ (near >>> 10);
    found[t] = large + found[t - 7] + small + found[t - 16];
  }
  return found;
}

/**
 * Work one block into the state.
 * @param {number[]} state
 * @param {Int32Array} schedule
 */
function compress(state, schedule) {
  let [a, b, c, d, e, f, g, h] = state;
  for (let t = 0; t < 64; t++) {
    const chosen = (e & f) ^ (~e & g);
    const first = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + chosen + CONSTANTS[t] + schedule[t]) | 0;
    const most = (a & b) ^ (a & c) ^ (b & c);
    const second = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + most) | 0;
    [a, b, c, d, e, f, g, h] = [(first + second) | 0, a, b, c, (d + first) | 0, e, f, g];
  }
  [a, b, c, d, e, f, g, h].forEach((word, index) => {
    state[index] = (state[index] + word) | 0;
  });
}

/**
 * @param {number} word
 * @param {number} bits
 */
function turn(word, bits) {
  return (word >>> bits) | (word << (32 - bits));
}
