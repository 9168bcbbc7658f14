import { Link } from "@tanstack/react-router";

import type { Question } from "@/ui/Questions";

/** What researchers ask first. */
export const QUESTIONS: readonly Question[] = [
  {
    asks: "Where do my data lie, and who can see them?",
    answer:
      "In a database that belongs to your instance alone, on the server of whoever runs this installation. Other instances can't reach it. The accounts that you make in your instance see them, and, as on any server, whoever administers the machine.",
  },
  {
    asks: "Can I get my data out?",
    answer: "Yes, at any time: Fresco exports interviews for other programs, such as R or spreadsheets.",
  },
  {
    asks: "One study or several in one instance?",
    answer:
      "One each. Participants, protocols and data of a study then stay apart from all others, and at its end you remove just this one.",
  },
  {
    asks: "What happens at the end of a study?",
    answer:
      "Export your data, then destroy the instance. It stops at once, can be brought back for a while, and is then removed with its database. You are shown exactly what goes.",
  },
  {
    asks: "Can participants use their phones?",
    answer: "No. Interviews want a computer or a tablet; drawing a network needs the room.",
  },
  {
    asks: "I only want to try it out.",
    answer:
      "Say so when you sign up: if there is a shared sandbox, you are told where. It needs no instance, and is no place for real data.",
  },
  {
    asks: "Nobody has set my instance up in time. Is it lost?",
    answer:
      "No. An instance takes its first account only for some time, so that nobody else takes it. Let that time begin anew from the instance's page; nothing is lost.",
  },
  {
    asks: "I get no letter.",
    answer: (
      <>
        Look among the junk, and whether the address is right. Who has an account can have the letter sent again after{" "}
        <Link to="/sign-in" className="inline-link">
          signing in
        </Link>
        .
      </>
    ),
  },
];
