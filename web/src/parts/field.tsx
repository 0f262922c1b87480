/** A labelled control with a hint and, where it is wrong, why. */
import type { AllHTMLAttributes, ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";

interface Common {
  label: string;
  /** The label is read out and not shown: the place says it already. */
  hideLabel?: boolean | undefined;
  hint?: ComponentChildren;
  error?: string | null | undefined;
  class?: string | undefined;
}

function Frame({ label, hideLabel, hint, error, class: own, name, children }: Common & { name: string; children: ComponentChildren }) {
  return (
    <div class={["field", error && "field-wrong", own].filter(Boolean).join(" ")}>
      <label for={name} class={hideLabel ? "hidden-text" : "field-label"}>{label}</label>
      {children}
      {hint && <p id={`${name}-hint`} class="field-hint">{hint}</p>}
      {error && <p id={`${name}-error`} class="field-error" role="alert">{error}</p>}
    </div>
  );
}

const described = (name: string, hint: unknown, error: unknown): string | undefined =>
  [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(" ") || undefined;

type InputProps = Common & Omit<AllHTMLAttributes<HTMLInputElement>, "label" | "class">;

export function Field({ label, hideLabel, hint, error, class: own, ...rest }: InputProps) {
  const name = useId();
  return (
    <Frame {...{ label, hideLabel, hint, error, class: own, name }}>
      <input {...(rest as object)} id={name} class="input" aria-invalid={error ? true : undefined} aria-describedby={described(name, hint, error)} />
    </Frame>
  );
}

type SelectProps = Common & Omit<AllHTMLAttributes<HTMLSelectElement>, "label" | "class">;

export function Select({ label, hideLabel, hint, error, class: own, children, ...rest }: SelectProps) {
  const name = useId();
  return (
    <Frame {...{ label, hideLabel, hint, error, class: own, name }}>
      <select {...(rest as object)} id={name} class="input" aria-describedby={described(name, hint, error)}>{children}</select>
    </Frame>
  );
}

type AreaProps = Common & Omit<AllHTMLAttributes<HTMLTextAreaElement>, "label" | "class" | "value"> & { value: string };

/** Text of any length: the field grows with it. */
export function Area({ label, hideLabel, hint, error, class: own, value, ...rest }: AreaProps) {
  const name = useId();
  const box = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const area = box.current;
    // Browsers that size fields by themselves do it without a jump.
    if (!area || CSS.supports("field-sizing", "content")) return;
    const fit = (): void => {
      area.style.height = "0";
      area.style.height = `${area.scrollHeight + 2}px`;
    };
    fit();
    let width = area.clientWidth;
    const watch = new ResizeObserver(() => {
      if (area.clientWidth !== width) { width = area.clientWidth; fit(); }
    });
    watch.observe(area);
    return () => watch.disconnect();
  }, [value]);
  return (
    <Frame {...{ label, hideLabel, hint, error, class: own, name }}>
      <textarea rows={1} {...(rest as object)} ref={box} value={value} id={name} class="input area" aria-invalid={error ? true : undefined}
        aria-describedby={described(name, hint, error)} />
    </Frame>
  );
}
