/**
 * The documents of a bucket that hold facts and no rules of their own (oss-bucket-api.md;
 * oss-semantics.md 6 and 8). Those with rules stand beside their rules.
 */

export interface SwitchDocument {
  readonly isEnabled: boolean;
}

export interface AccessMonitorDocument {
  readonly status: 'Enabled' | 'Disabled';
  /** Whether copying an object counts as access to it. */
  readonly allowCopy?: boolean | undefined;
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

export interface TagsDocument {
  /** In the order they were put. */
  readonly tags: readonly Tag[];
}

export interface EncryptionDocument {
  readonly algorithm: 'AES256' | 'KMS' | 'SM4';
  /** Of KMS alone, like the next. */
  readonly keyId?: string | undefined;
  readonly dataAlgorithm?: 'SM4' | undefined;
}

export interface PaymentDocument {
  readonly payer: 'BucketOwner' | 'Requester';
}

export interface LoggingDocument {
  readonly targetBucket: string;
  readonly targetPrefix: string;
  readonly role?: string | undefined;
}

export interface LogFieldsDocument {
  readonly headers: readonly string[];
  readonly parameters: readonly string[];
}

export interface Style {
  readonly name: string;
  readonly content: string;
  readonly category: string;
  readonly createdAt: number;
  readonly modifiedAt: number;
}

export interface StylesDocument {
  /** By name, ascending. */
  readonly styles: readonly Style[];
}

/** Bandwidths in Gbit/s and requests per second, by the element that carries each; -1: no limit. */
export type QosLimits = Readonly<Record<string, number>>;

export interface RequesterQosDocument {
  /** By requester, ascending. */
  readonly requesters: readonly { readonly requester: string; readonly limits: QosLimits }[];
}

export interface CallbackPolicy {
  readonly name: string;
  /** Base64 texts as they were put. */
  readonly callback: string;
  readonly variables: string;
}

export interface CallbackPolicyDocument {
  readonly policies: readonly CallbackPolicy[];
}

/** An element kept as it was put, for documents that are given back and not acted on. */
export interface StoredElement {
  readonly name: string;
  /** Either text or children. */
  readonly text?: string | undefined;
  readonly children?: readonly StoredElement[] | undefined;
}

export interface InventoriesDocument {
  /** By id, ascending. */
  readonly inventories: readonly { readonly id: string; readonly content: StoredElement }[];
}

export interface RedundancyTransition {
  readonly taskId: string;
  /** Began and ended then: all redundancies are stored alike here. */
  readonly at: number;
}

export interface RedundancyTransitionsDocument {
  /** Newest first. */
  readonly transitions: readonly RedundancyTransition[];
}
