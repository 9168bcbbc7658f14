import { LinkButton } from "@/ui/LinkButton";

import { AuthPage } from "./AuthPage";

/** Until the wizard stands here. */
export function SignUp() {
  return (
    <AuthPage
      title="Make your own instance"
      lead="An instance of Fresco for your study, at an address of its own, on this server."
    >
      <LinkButton to="/sign-in">Sign in</LinkButton>
    </AuthPage>
  );
}
