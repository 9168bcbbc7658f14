import { Button } from "@codaco/fresco-ui/Button";
import NativeSelect from "@codaco/fresco-ui/form/fields/Select/Native";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api, expect, type Member, type Myself, type Role } from "@/api";
import { may } from "@/api/permissions";
import { me } from "@/api/queries/me";
import { members } from "@/api/queries/organisations";
import { ConfirmByName } from "@/ui/ConfirmByName";
import { Loaded } from "@/ui/Loaded";
import { LoadingRows } from "@/ui/Loading";
import { notify, notifyTrouble } from "@/ui/notify";
import { RelativeTime } from "@/ui/RelativeTime";
import { Section } from "@/ui/Section";

import { roleName, upTo } from "./roles";

/** Who is a member, and as what. */
export function Members({ myself, id }: { myself: Myself; id: string }) {
  const query = useQuery(members(id));
  return (
    <Section title="Members">
      <Loaded query={query} loading={<LoadingRows rows={2} />} level="h3">
        {({ items }) => (
          <ul className="flex flex-col">
            {items.map((member) => (
              <Row key={member.user} member={member} myself={myself} organisation={id} />
            ))}
          </ul>
        )}
      </Loaded>
    </Section>
  );
}

interface RowProps {
  member: Member;
  myself: Myself;
  organisation: string;
}

function Row({ member, myself, organisation }: RowProps) {
  const { user, name, email, role, since } = member;
  const mine = upTo(myself.role ?? "viewer");
  const isMe = user === myself.id;
  // Nobody touches who is more than they are, nor themselves here.
  const isTouched = may(myself.role, "members.manage") && !isMe && mine.some(([one]) => one === role);
  const mayHandOver = may(myself.role, "ownership.transfer");
  return (
    <li className="border-outline flex flex-wrap items-center gap-x-5 gap-y-3 border-b py-4 first:pt-0 last:border-b-0 last:pb-0">
      <div className="min-w-0 flex-1 basis-56">
        <p className="font-bold break-words">
          {name}
          {isMe && <span className="text-muted font-normal"> (you)</span>}
        </p>
        <p className="text-muted text-sm break-words">
          {email ?? "The operator"} · since <RelativeTime at={since} />
        </p>
      </div>
      {isTouched ? <Change member={member} organisation={organisation} mine={mine} /> : <p>{roleName(role)}</p>}
      {mayHandOver && !isMe && role !== "owner" && <HandOver member={member} organisation={organisation} />}
    </li>
  );
}

interface ChangeProps {
  member: Member;
  organisation: string;
  mine: ReturnType<typeof upTo>;
}

function Change({ member: { user, name, role }, organisation, mine }: ChangeProps) {
  const known = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const params = { path: { id: organisation, user } };
  const give = useMutation({
    mutationFn: (wish: Role) =>
      expect(api.PATCH("/api/v1/organisations/{id}/members/{user}", { params, body: { role: wish } })),
    onSuccess: (_, wish) => notify({ title: `${name}: ${roleName(wish)}`, variant: "success" }),
    onError: notifyTrouble,
    onSettled: () => known.invalidateQueries(members(organisation)),
  });
  const remove = async () => {
    await expect(api.DELETE("/api/v1/organisations/{id}/members/{user}", { params }));
    await known.invalidateQueries(members(organisation));
  };
  return (
    <div className="flex flex-wrap items-center gap-3">
      <NativeSelect
        aria-label={`Role of ${name}`}
        name={`role-${user}`}
        size="sm"
        className="w-44"
        value={role}
        disabled={give.isPending}
        options={mine.map(([value, label]) => ({ value, label }))}
        onChange={(wish) => give.mutate(wish as Role)}
      />
      <Button
        size="sm"
        variant="outline"
        color="destructive"
        aria-label={`Remove ${name}…`}
        onClick={() => setAsking(true)}
      >
        Remove…
      </Button>
      <ConfirmByName
        open={isAsking}
        onClose={() => setAsking(false)}
        title={`Remove ${name}?`}
        name={name}
        confirm={`Remove ${name}`}
        onConfirm={remove}
      >
        <p>They see none of its instances any more, and all keys that they have made here end. Instances stay.</p>
      </ConfirmByName>
    </div>
  );
}

/** Makes somebody the owner, and oneself an administrator. */
function HandOver({ member: { user, name }, organisation }: Pick<RowProps, "member" | "organisation">) {
  const known = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const handOver = async () => {
    const params = { path: { id: organisation } };
    await expect(api.POST("/api/v1/organisations/{id}/transfer-ownership", { params, body: { user } }));
    notify({ title: `${name} is the owner now, and you are an administrator`, variant: "success" });
    await Promise.all([known.invalidateQueries(members(organisation)), known.invalidateQueries(me())]);
  };
  return (
    <>
      <Button
        size="sm"
        variant="outline"
        color="primary"
        aria-label={`Make ${name} the owner…`}
        onClick={() => setAsking(true)}
      >
        Make the owner…
      </Button>
      <ConfirmByName
        open={isAsking}
        onClose={() => setAsking(false)}
        title={`Hand the organisation over to ${name}?`}
        name={name}
        confirm="Hand it over"
        onConfirm={handOver}
      >
        <p>
          {name} becomes its owner and you an administrator. Only {name} can take that back.
        </p>
      </ConfirmByName>
    </>
  );
}
