/** The condition keys that every request has, whatever it asks for (access-control.md 2.4). */
import type { ConditionKeys } from './conditions.ts';

export interface RequestFacts {
  readonly remoteAddress: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly receivedAt: number;
  readonly isSecure: boolean;
  /** `undefined`: nobody signed. */
  readonly accessKeyId: string | undefined;
}

export function requestKeys(facts: RequestFacts): ConditionKeys {
  return (key) => {
    switch (key) {
      case 'acs:SourceIp':
        return facts.remoteAddress;
      case 'acs:SourceVpc':
        // Outside of every VPC, which is where everybody is here, the value is empty.
        return '';
      case 'acs:UserAgent':
        return facts.headers['user-agent'];
      case 'acs:CurrentTime':
        return new Date(facts.receivedAt).toISOString();
      case 'acs:SecureTransport':
        return String(facts.isSecure);
      case 'acs:AccessId':
        return facts.accessKeyId;
      case 'acs:MFAPresent':
        return 'false';
      default:
        return undefined;
    }
  };
}
