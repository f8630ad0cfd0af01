/**
 * A real DNS server on loopback, UDP and TCP on one port, that answers what a test planted and
 * remembers what it was asked. Plain records are planted with `txt` and `cname`; anything odd with
 * `script`. Names nobody planted do not exist (NXDOMAIN). It follows no alias: each answer carries
 * one step, as that of an authoritative server.
 */
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import dnsPacket, { type Answer, type Packet } from 'dns-packet';

export interface DnsQuestion {
  readonly id: number;
  /** As it was asked, lower-case. */
  readonly name: string;
  readonly type: string;
  readonly transport: 'udp' | 'tcp';
  /** The whole question as it came. */
  readonly bytes: Buffer;
  /** The port the question came from. */
  readonly sourcePort: number;
  /** 1 for the first question for this name over this transport, and so on. */
  readonly turn: number;
}

export interface DnsReplier {
  /** Sends one message; over TCP with its length in front. */
  send(message: Buffer): void;
  /** Sends bytes as they are: over TCP without a length. */
  sendRaw(bytes: Buffer): void;
  /** Sends a datagram from a port that was not asked. */
  sendFromElsewhere(message: Buffer): void;
  /** Ends the TCP connection, properly or with a reset. */
  close(how: 'end' | 'reset'): void;
  /** Runs `work` after `ms`, unless the server was closed. */
  later(ms: number, work: () => void): void;
}

export type DnsScript = (question: DnsQuestion, replier: DnsReplier) => void;

/** One TXT record: a string, bytes, or its character-strings. */
export type TxtValue = string | Buffer | readonly (string | Buffer)[];

export interface DnsServer {
  readonly address: string;
  readonly port: number;
  /** `127.0.0.1:port`, as CNAMED_DNS_SERVERS takes it. */
  readonly server: string;
  /** Every question so far, oldest first. */
  readonly asked: readonly DnsQuestion[];
  /** Replaces all TXT records at a name. */
  txt(name: string, ...values: TxtValue[]): void;
  cname(name: string, target: string): void;
  /** Lets `script` answer every question for a name. */
  script(name: string, script: DnsScript): void;
  /** The name does not exist any more. */
  remove(name: string): void;
  close(): Promise<void>;
}

export const answerFlags = dnsPacket.RECURSION_DESIRED | dnsPacket.RECURSION_AVAILABLE;
/** Response codes are the low four bits of the flags (RFC 1035 4.1.1). */
export const code = { noError: 0, formerr: 1, servfail: 2, nxdomain: 3, notimp: 4, refused: 5 };

export const record = {
  txt(name: string, value: TxtValue): Answer {
    const data = Array.isArray(value) ? [...value] : (value as string | Buffer);
    return { type: 'TXT', name, ttl: 60, data };
  },
  cname(name: string, target: string): Answer {
    return { type: 'CNAME', name, ttl: 60, data: target };
  },
  soa(zone: string): Answer {
    const data = { mname: `ns.${zone}`, rname: `admin.${zone}`, serial: 1, refresh: 1, retry: 1 };
    return { type: 'SOA', name: zone, ttl: 60, data: { ...data, expire: 1, minimum: 1 } };
  },
};

/** The reply to `question`; `changes` override any part of it. */
export function reply(
  question: DnsQuestion,
  answers: Answer[],
  changes: Packet & { rcode?: number } = {},
): Buffer {
  const { rcode = code.noError, ...parts } = changes;
  return dnsPacket.encode({
    type: 'response',
    id: question.id,
    flags: answerFlags | rcode,
    questions: [{ type: 'TXT', name: question.name }],
    answers,
    ...parts,
  });
}

/** "There is no such record": a negative answer with the SOA of the zone (RFC 2308). */
export function nothing(question: DnsQuestion, rcode: number = code.noError): Buffer {
  const zone = question.name.split('.').slice(-2).join('.');
  return reply(question, [], { rcode, authorities: [record.soa(zone)] });
}

/** Starts a server on a free port of loopback; `tcp: false` leaves the TCP port closed. */
export async function startDnsServer(options: { tcp?: boolean } = {}): Promise<DnsServer> {
  const { udp, tcp } = await listen();
  const stage = new Stage(udp, tcp);
  if (options.tcp === false) await new Promise((resolve) => tcp.close(resolve));
  return stage;
}

/** Finds a port that is free for both transports. */
async function listen(): Promise<{ udp: DatagramSocket; tcp: Server }> {
  for (;;) {
    const tcp = createServer();
    tcp.listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    const address = tcp.address();
    const udp = createSocket('udp4');
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    udp.bind(port, '127.0.0.1');
    try {
      await once(udp, 'listening');
      return { udp, tcp };
    } catch {
      tcp.close();
    }
  }
}

class Stage implements DnsServer {
  readonly address = '127.0.0.1';
  readonly port: number;
  readonly asked: DnsQuestion[] = [];
  readonly #udp: DatagramSocket;
  readonly #elsewhere = createSocket('udp4');
  readonly #tcp: Server;
  readonly #scripts = new Map<string, DnsScript>();
  readonly #connections = new Set<Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(udp: DatagramSocket, tcp: Server) {
    this.#udp = udp;
    this.#tcp = tcp;
    this.port = udp.address().port;
    udp.on('message', (bytes, peer) => {
      this.#answer(bytes, 'udp', peer.port, {
        send: (message) => udp.send(message, peer.port, peer.address),
        sendRaw: (message) => udp.send(message, peer.port, peer.address),
        sendFromElsewhere: (message) => this.#elsewhere.send(message, peer.port, peer.address),
        close: () => {},
        later: (ms, work) => this.#later(ms, work),
      });
    });
    // The asker closes its socket when it has what it wants: late datagrams then bounce.
    udp.on('error', () => {});
    this.#elsewhere.on('error', () => {});
    tcp.on('connection', (socket) => this.#serve(socket));
  }

  get server(): string {
    return `${this.address}:${this.port}`;
  }

  txt(name: string, ...values: TxtValue[]): void {
    this.script(name, (question, replier) => {
      const isTxt = question.type === 'TXT';
      const answers = isTxt ? values.map((value) => record.txt(question.name, value)) : [];
      const message = answers.length === 0 ? nothing(question) : reply(question, answers);
      const isTooLong = question.transport === 'udp' && message.length > 512;
      const truncated = () =>
        reply(question, [], { flags: answerFlags | dnsPacket.TRUNCATED_RESPONSE });
      replier.send(isTooLong ? truncated() : message);
    });
  }

  cname(name: string, target: string): void {
    this.script(name, (question, replier) =>
      replier.send(reply(question, [record.cname(question.name, target)])),
    );
  }

  script(name: string, script: DnsScript): void {
    this.#scripts.set(name.toLowerCase(), script);
  }

  remove(name: string): void {
    this.#scripts.delete(name.toLowerCase());
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of this.#connections) socket.destroy();
    this.#udp.close();
    this.#elsewhere.close();
    if (this.#tcp.listening) await new Promise((resolve) => this.#tcp.close(resolve));
  }

  #later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms);
    this.#timers.add(timer);
  }

  #serve(socket: Socket): void {
    this.#connections.add(socket);
    socket.on('close', () => this.#connections.delete(socket));
    socket.on('error', () => {});
    let gathered = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      gathered = Buffer.concat([gathered, chunk]);
      if (gathered.length < 2 || gathered.length < 2 + gathered.readUInt16BE(0)) return;
      const bytes = gathered.subarray(2, 2 + gathered.readUInt16BE(0));
      gathered = gathered.subarray(2 + bytes.length);
      this.#answer(bytes, 'tcp', socket.remotePort ?? 0, {
        send: (message) => socket.write(withLength(message)),
        sendRaw: (message) => socket.write(message),
        sendFromElsewhere: () => {},
        close: (how) => (how === 'end' ? socket.end() : socket.resetAndDestroy()),
        later: (ms, work) => this.#later(ms, work),
      });
    });
  }

  #answer(bytes: Buffer, transport: 'udp' | 'tcp', sourcePort: number, replier: DnsReplier): void {
    const packet = dnsPacket.decode(bytes);
    const asked = packet.questions?.[0];
    const name = (asked?.name ?? '').toLowerCase();
    const type = asked?.type ?? '';
    const isAgain = (each: DnsQuestion) => each.name === name && each.transport === transport;
    const turn = this.asked.filter(isAgain).length + 1;
    const id = packet.id ?? 0;
    const question: DnsQuestion = { id, name, type, transport, bytes, sourcePort, turn };
    this.asked.push(question);
    const script = this.#scripts.get(name);
    if (script === undefined) replier.send(nothing(question, code.nxdomain));
    else script(question, replier);
  }
}

export function withLength(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}
