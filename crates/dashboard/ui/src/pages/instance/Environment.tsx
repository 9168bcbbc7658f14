import { useQuery } from "@tanstack/react-query";
import { z } from "zod/mini";

import type { AppSetting, Tenant } from "@/api";
import { apps } from "@/api/queries/apps";
import { useMay } from "@/api/queries/me";
import { CheckboxField, PasswordField, SelectField, TextField } from "@/forms/fields";
import { Fact, Facts } from "@/ui/Facts";
import { Loaded } from "@/ui/Loaded";
import { LoadingText } from "@/ui/Loading";
import { Section } from "@/ui/Section";

import { ReviewedForm, type Wish } from "./Review";
import { useInstance } from "./useInstance";
import { changesOf, removalOf, shownOf } from "./variables";

/** What is set for an instance beside its image: secrets are never shown, and nothing changes before it was looked at. */
export function Environment() {
  const tenant = useInstance();
  const query = useQuery(apps());
  const mayConfigure = useMay("tenant.configure") && tenant.desired_state !== "destroyed";
  return (
    <div className="max-w-3xl">
      <Section title="Environment">
        <Loaded query={query} loading={<LoadingText lines={6} />}>
          {({ items }) => {
            const settings = items.find(({ name }) => name === tenant.app)?.settings ?? [];
            if (settings.length === 0) return <p className="text-muted">This app has nothing that could be set.</p>;
            return mayConfigure ? (
              <Edit tenant={tenant} settings={settings} />
            ) : (
              <Look tenant={tenant} settings={settings} />
            );
          }}
        </Loaded>
      </Section>
    </div>
  );
}

interface EnvironmentProps {
  tenant: Tenant;
  settings: readonly AppSetting[];
}

function Look({ tenant, settings }: EnvironmentProps) {
  return (
    <Facts>
      {settings.map((setting) => (
        <Fact key={setting.name} name={setting.help}>
          <code className="text-sm">
            {setting.name}: {shownOf(setting, tenant.environment)}
          </code>
        </Fact>
      ))}
    </Facts>
  );
}

function Edit({ tenant, settings }: EnvironmentProps) {
  const names = settings.flatMap(({ name, secret }) => (secret ? [name, removalOf(name)] : [name]));
  const schema = z.object(Object.fromEntries(names.map((name) => [name, z.optional(z.any())])));
  const wishOf = (values: Record<string, unknown>): Wish => {
    const { differences, environment } = changesOf(settings, tenant.environment, values);
    return { differences, patch: { environment } };
  };
  return (
    <ReviewedForm tenant={tenant} schema={schema} wishOf={wishOf}>
      {settings.map((setting) => (
        <SettingField key={setting.name} setting={setting} tenant={tenant} />
      ))}
    </ReviewedForm>
  );
}

function SettingField({ setting, tenant }: { setting: AppSetting; tenant: Tenant }) {
  const { name, help, values, secret } = setting;
  const now = tenant.environment[name];
  if (secret) {
    return (
      <>
        <PasswordField
          name={name}
          label={help}
          hint={now === undefined ? name : `${name} is set. Leave this empty to keep it.`}
          autoComplete="new-password"
        />
        {now !== undefined && <CheckboxField name={removalOf(name)} label={`Unset ${name}`} />}
      </>
    );
  }
  const initialValue = now?.value ?? "";
  if (values.length > 0) {
    const options = [{ value: "", label: "Not set" }, ...values.map((value) => ({ value, label: value }))];
    return <SelectField name={name} label={help} hint={name} initialValue={initialValue} options={options} />;
  }
  return <TextField name={name} label={help} hint={name} initialValue={initialValue} />;
}
