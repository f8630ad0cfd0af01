/** The policy of a bucket, byte for byte as it was put (access-control.md 2.1). */
export interface PolicyDocument {
  readonly text: string;
}
