// What happens to all instances that one sees, over one socket for the whole page.
//
// A socket comes back where it broke: whoever listens is told of all that happens, in its order, once. Where that can't be
// held (at the first connection, or after more than the server shows at once), they are told that they have missed something.

import { z } from "zod/mini";

import { session } from ".";
import type { Event, EventsFrame } from "./schema";
import { openSocket, type SocketState, type SocketWish } from "./socket";

/** Something that happened, and to which instance. */
export type LiveEvent = Extract<EventsFrame, { type: "event" }>;

export interface LiveListener {
  onEvent: (event: LiveEvent) => void;
  /** Something may have happened that nobody tells: what is known is to be asked for anew. */
  onMissed: () => void;
}

const event = {
  id: z.number(),
  generation: z.number(),
  kind: z.string(),
  message: z.string(),
  data: z.unknown(),
  at: z.string(),
} satisfies Record<keyof Event, unknown>;
const status = z.enum(["pending", "provisioning", "active", "stopped", "error", "destroying", "destroyed", "unknown"]);
const step = z.exactOptional(z.nullable(z.string()));
const frame = z.discriminatedUnion("type", [
  z.object({ type: z.literal("hello"), cursor: z.number() }),
  z.object({ type: z.literal("event"), tenant_id: z.string(), status, step, ...event }),
  z.object({ type: z.literal("lagged"), skipped: z.number(), from: z.number(), to: z.number() }),
  z.object({ type: z.literal("heartbeat"), cursor: z.number() }),
  z.object({ type: z.literal("end"), reason: z.string() }),
]);

type Open = (wish: SocketWish<EventsFrame>) => () => void;

/** Open while anybody listens. */
export class Live {
  #cursor: number | undefined;
  #close: (() => void) | undefined;
  #state: SocketState = "ended";
  readonly #listeners = new Set<LiveListener>();
  readonly #open: Open;

  constructor(open: Open = openSocket) {
    this.#open = open;
  }

  /** Whether whatever happens is told at once. */
  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Tells them from now on, until the returned function is called. */
  listen(listener: LiveListener): () => void {
    this.#listeners.add(listener);
    if (this.#close === undefined) this.#begin();
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.#end();
    };
  }

  /** Somebody else looks, or somewhere else. */
  restart(): void {
    if (this.#close === undefined) return;
    this.#end();
    this.#begin();
  }

  #begin(): void {
    this.#close = this.#open({
      path: () => `/api/v1/events/stream${this.#cursor === undefined ? "" : `?after=${this.#cursor}`}`,
      frame,
      onFrame: (said) => this.#attend(said),
      onState: (state) => {
        this.#state = state;
      },
    });
  }

  #end(): void {
    this.#close?.();
    this.#close = undefined;
    this.#cursor = undefined;
  }

  #attend(said: EventsFrame): void {
    switch (said.type) {
      case "hello":
        if (this.#cursor === undefined) this.#tell((listener) => listener.onMissed());
        this.#cursor = said.cursor;
        break;
      case "lagged":
        this.#cursor = said.to;
        this.#tell((listener) => listener.onMissed());
        break;
      case "event":
        this.#cursor = said.id;
        this.#tell((listener) => listener.onEvent(said));
        break;
      case "heartbeat":
        this.#cursor = said.cursor;
        break;
    }
  }

  #tell(each: (listener: LiveListener) => void): void {
    for (const listener of [...this.#listeners]) each(listener);
  }
}

/** This page's. */
export const live = new Live();
session.onMove(() => live.restart());
