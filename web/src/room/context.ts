/** The session of the study that is open, for every part of the room. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Session } from "./session";

export const InSession = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(InSession);
  if (!session) throw new Error("expected an open study around this part of the room");
  return session;
}
