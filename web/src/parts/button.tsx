import type { ButtonHTMLAttributes, ComponentChildren, Ref } from "preact";
import { Icon, type IconName } from "./icon";

export type ButtonKind = "plain" | "strong" | "quiet" | "danger";

export interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "label" | "icon" | "ref" | "size"> {
  kind?: ButtonKind;
  icon?: IconName;
  /** The name of a button that shows an icon alone; also its tooltip. */
  label?: string;
  busy?: boolean;
  size?: "s" | "m";
  disabled?: boolean;
  type?: "button" | "submit";
  pressed?: boolean;
  inner?: Ref<HTMLButtonElement>;
  children?: ComponentChildren;
}

export function Button({ kind = "plain", icon, label, busy = false, size = "m", pressed, inner, children, class: own, disabled, ...rest }: ButtonProps) {
  const classes = ["button", `button-${kind}`, size === "s" && "button-s", !children && "button-icon", own].filter(Boolean).join(" ");
  return (
    <button type="button" {...rest} ref={inner ?? null} class={classes} disabled={disabled === true || busy} aria-busy={busy || undefined}
      aria-label={label} title={label} aria-pressed={pressed}>
      {busy ? <span class="spinner" aria-hidden="true" /> : icon && <Icon name={icon} />}
      {children && <span>{children}</span>}
    </button>
  );
}
