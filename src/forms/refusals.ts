import { OssError } from '../errors/index.ts';

export function malformedForm(): OssError {
  return new OssError('MalformedPOSTRequest', { closeConnection: true });
}
