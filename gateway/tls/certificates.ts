import type { TlsFiles } from "../render/bundle.ts";
import type { Problems } from "../settings.ts";

/** How TLS is; a time is ISO 8601. */
export type CertificateStatus = {
  /** until when the certificate that is served is valid */
  readonly expires?: string;
  /** what is wrong with it, or why what is in the files is not what is served */
  readonly because?: string;
};

/** What keeping certificates current works with. */
export type CertificateParts = {
  /** what HAProxy runs with */
  readonly loaded: TlsFiles;
  /** what is in the operator's files now */
  readonly read: () => TlsFiles | Problems;
  /** why HAProxy would not run with it; undefined where it would */
  readonly objection: (files: TlsFiles) => Promise<string | undefined>;
  /** until when what HAProxy serves is valid; undefined where it does not say */
  readonly expires: () => Promise<Date | undefined>;
  /** told that {@link Certificates.files} are others now */
  readonly changed: (reason: string) => Promise<void>;
  readonly log: (message: string) => void;
  /** milliseconds since 1970 */
  readonly now: () => number;
};

/**
 * Follows the files by what they hold, however they are replaced. HAProxy gets a copy, and only of what it has accepted: a file that
 * is broken, half-written or gone changes nothing, neither now nor when HAProxy has to start again.
 */
export class Certificates {
  /** what HAProxy is to run with */
  files: TlsFiles;
  #seen: string | undefined;
  #refused: string | undefined;
  #expires: Date | undefined;
  #told = false;

  constructor(private readonly parts: CertificateParts) {
    this.files = parts.loaded;
  }

  get status(): CertificateStatus {
    const because = this.#refused ?? this.#expired;
    return {
      ...this.#expires === undefined ? {} : { expires: this.#expires.toISOString() },
      ...because === undefined ? {} : { because },
    };
  }

  /** Looks once; to be called every few seconds. */
  async look(): Promise<void> {
    await this.#compare();
    this.#expires = await this.parts.expires().catch(() => this.#expires);
    const expired = this.#expired;
    if (expired !== undefined && !this.#told) this.parts.log(`Warning: ${expired}`);
    this.#told = expired !== undefined;
  }

  async #compare(): Promise<void> {
    const read = this.parts.read();
    const seen = JSON.stringify(read);
    if (seen === this.#seen) return;
    const problem = "problems" in read ? read.problems.join("; ") : await this.parts.objection(read);
    this.#seen = seen;
    this.#refused = problem === undefined ? undefined : `${problem}. What was loaded before is still served`;
    if (this.#refused !== undefined) return this.parts.log(`Cannot load a certificate: ${this.#refused}`);
    if (seen === JSON.stringify(this.files)) return;
    this.files = read as TlsFiles;
    await this.parts.changed("TLS_CERT or TLS_CA holds something else");
  }

  get #expired(): string | undefined {
    return this.#expires !== undefined && this.#expires.getTime() < this.parts.now()
      ? `the certificate that is served has expired on ${this.#expires.toISOString()}`
      : undefined;
  }
}
