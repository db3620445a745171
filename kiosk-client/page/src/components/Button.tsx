import type { ComponentChildren } from 'preact';

interface Props {
  onPress: () => void;
  children: ComponentChildren;
  icon?: ComponentChildren;
  iconAfter?: ComponentChildren;
  kind?: 'main' | 'plain' | 'quiet';
  disabled?: boolean;
  pressed?: boolean;
  id?: string;
}

export function Button({ onPress, children, icon, iconAfter, kind = 'plain', disabled, pressed, id }: Props) {
  return (
    <button type="button" id={id} class={`button ${kind}`} disabled={disabled} aria-pressed={pressed}
      onClick={onPress}>
      {icon}
      <span>{children}</span>
      {iconAfter}
    </button>
  );
}
