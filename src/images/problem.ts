import { OssError } from '../errors/index.ts';

/** What a pipeline asks for that no picture can be made of. */
export function badArgument(name: string, value: string, message: string): OssError {
  return new OssError('InvalidArgument', {
    message,
    fields: { ArgumentName: name, ArgumentValue: value },
  });
}
