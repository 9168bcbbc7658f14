import { Chapter } from "./Prose";

/** The terms of use as they are in force. What is changed here wants another `signup.terms_version`. */
export function TermsText() {
  return (
    <>
      <Chapter title="What you get">
        <p>
          An instance of Fresco: a program for Network Canvas interviews, in a container of its own, with a database of
          its own, at an address of its own. It is run by whoever runs this installation (the operator), as a rule your
          institution.
        </p>
        <p>
          Fresco itself is free software under the GNU General Public License, version 3, and comes without warranty.
        </p>
      </Chapter>
      <Chapter title="What is yours">
        <p>
          The data that you and your participants enter. You, or the institution that you act for, decide what is
          collected and why, and answer for it towards your participants and the law. The operator stores it for you and
          uses it for nothing else.
        </p>
        <p>You can take your data out at any time with Fresco's own export.</p>
      </Chapter>
      <Chapter title="What is asked of you">
        <ul className="flex list-disc flex-col gap-2 pl-6">
          <li>Use your instance for research, teaching or trying Fresco out, within the law.</li>
          <li>Have the approvals that your study needs before you collect data.</li>
          <li>Keep your password to yourself, and give roles only to people who need them.</li>
          <li>Set your instance up soon after it is made: until then its first visitor is still awaited.</li>
          <li>Don't try to reach other people's instances, and don't use yours to disturb others.</li>
        </ul>
      </Chapter>
      <Chapter title="What you can count on">
        <p>
          Instances are kept apart from one another. The operator may stop one that harms others or breaks these terms,
          and tells you why. There is no promise that it always answers; save what you can't do without.
        </p>
      </Chapter>
      <Chapter title="How it ends">
        <p>
          You can destroy your instance yourself. It stops at once, can be brought back for a while, and is then removed
          with its database. You can delete your account when you have no instance any more.
        </p>
      </Chapter>
      <Chapter title="When these terms change">
        <p>
          Each version has a name, and what you have accepted is written down with the time. A new version holds for you
          once you have accepted it.
        </p>
      </Chapter>
    </>
  );
}
