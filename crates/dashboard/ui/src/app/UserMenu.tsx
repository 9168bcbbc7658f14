import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { CircleUserRound, LogOut, Mail, MonitorSmartphone, ShieldCheck, UserRound } from "lucide-react";

import { signOut } from "@/api";
import { me } from "@/api/queries/me";
import { MENU_ITEM, Menu } from "@/ui/Menu";

/** Who one is, and the way out. */
export function UserMenu() {
  const navigate = useNavigate();
  const { data } = useQuery(me());
  const leave = useMutation({ mutationFn: signOut, onSettled: () => navigate({ to: "/sign-in", replace: true }) });
  return (
    <Menu label={data === undefined ? "Account" : `Account of ${data.name}`} icon={<CircleUserRound aria-hidden />}>
      <p className="px-3 py-2">
        <span className="block truncate font-bold">{data?.name ?? "…"}</span>
        <span className="text-muted block truncate text-sm">{data?.email ?? ""}</span>
      </p>
      <hr className="border-outline my-2" />
      <Link to="/account/profile" className={MENU_ITEM}>
        <UserRound aria-hidden /> Profile
      </Link>
      <Link to="/account/sessions" className={MENU_ITEM}>
        <MonitorSmartphone aria-hidden /> Where I am signed in
      </Link>
      <Link to="/account/security" className={MENU_ITEM}>
        <ShieldCheck aria-hidden /> Password and second factor
      </Link>
      <Link to="/account/letters" className={MENU_ITEM}>
        <Mail aria-hidden /> Letters
      </Link>
      <hr className="border-outline my-2" />
      <button type="button" data-closes className={MENU_ITEM} onClick={() => leave.mutate()}>
        <LogOut aria-hidden /> Sign out
      </button>
    </Menu>
  );
}
