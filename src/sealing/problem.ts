/**
 * Sealing cannot work as things are: a master key file that is missing, readable by others or not
 * the one the data was sealed under; or a sealed text that was changed. The message names the file
 * and says what to do; it never holds key material.
 */
export class SealingError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SealingError';
  }
}
