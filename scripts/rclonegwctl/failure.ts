/** Ends the command with one message. 2: what was given is not valid, nothing was changed; 1: anything else. */
export class CommandFailed extends Error {
  override name = "CommandFailed";
  constructor(message: string, readonly exitCode: 1 | 2) {
    super(message);
  }
}

/** Ends the command because what was given is not valid. */
export function invalid(message: string): never {
  throw new CommandFailed(message, 2);
}

/** Ends the command because it could not be done. */
export function failed(message: string): never {
  throw new CommandFailed(message, 1);
}
