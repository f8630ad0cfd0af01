/** Address and key from the environment, under the names that other OSS tools use. */
export interface Access {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
}

export function readAccess(): Access {
  const { env } = process;
  return {
    endpoint: env.OSS_ENDPOINT ?? 'http://localhost:9080',
    region: env.OSS_REGION ?? 'cn-hangzhou',
    accessKeyId: required('OSS_ACCESS_KEY_ID', env.OSS_ACCESS_KEY_ID),
    accessKeySecret: required('OSS_ACCESS_KEY_SECRET', env.OSS_ACCESS_KEY_SECRET),
  };
}

/** The words after the program's name; all of `names` must be there. */
export function readWords<const Names extends readonly string[]>(
  ...names: Names
): { [Index in keyof Names]: string } {
  const words = names.map((name, index) => required(name, process.argv[index + 2]));
  return words as { [Index in keyof Names]: string };
}

function required(name: string, value: string | undefined): string {
  if (value !== undefined && value !== '') return value;
  console.error(`${name} is missing; see examples/README.md`);
  return process.exit(2);
}
