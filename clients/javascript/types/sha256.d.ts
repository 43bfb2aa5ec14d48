/**
 * The digest of a text in UTF-8, as 64 hexadecimal digits.
 * @param {string} text
 */
export function sha256(text: string): string;
