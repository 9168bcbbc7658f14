import { useEffect, useState, useSyncExternalStore } from "react";

import type { LogFeed } from "./feed";
import { newsWords } from "./words";

/** How often what is new is read out, in milliseconds. */
const READ_OUT = 10_000;

/** What is read out: what was just done at once, what is new now and then. */
export function useAnnouncements(feed: LogFeed): [said: string, say: (words: string) => void] {
  const [said, say] = useState("");
  useEffect(() => {
    feed.takeNews();
    const timer = setInterval(() => {
      const words = newsWords(feed.takeNews());
      if (words !== "") say(words);
    }, READ_OUT);
    return () => clearInterval(timer);
  }, [feed]);
  const connection = useSyncExternalStore(feed.subscribe, () => feed.connection);
  useEffect(() => {
    if (connection === "waiting") say("The connection is lost. It is tried again.");
  }, [connection]);
  return [said, say];
}
