/** The field of a form for an e-mail address. */
export function EmailField(props: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (email: string) => void;
  /** For the address of the visitor, which browsers know. Default: they fill in nothing. */
  readonly autoComplete?: 'email';
}) {
  const { label, value, onChange, autoComplete } = props;
  return (
    <label>
      {label}
      <input
        type="email"
        autoComplete={autoComplete}
        required
        maxLength={254}
        value={value}
        onChange={({ target }) => onChange(target.value)}
      />
    </label>
  );
}
