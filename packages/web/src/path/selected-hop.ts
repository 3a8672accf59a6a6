import { useLocation, useNavigate, useSearchParams } from 'react-router';

/** The hop in the URL, as `?hop=4` for the fourth: a link to a hop can be shared, and the back button closes its evidence. */
export function useSelectedHop(count: number) {
  const [search] = useSearchParams();
  const { pathname } = useLocation();
  const navigate = useNavigate();
  const position = Number(search.get('hop') ?? Number.NaN);
  const selected = Number.isInteger(position) && position >= 1 && position <= count ? position - 1 : undefined;
  const linkTo = (index: number | undefined): string => {
    const next = new URLSearchParams(search);
    if (index === undefined) next.delete('hop');
    else next.set('hop', String(index + 1));
    return `${pathname}?${next}`;
  };
  const select = (index: number | undefined): void => {
    void navigate(linkTo(index), { preventScrollReset: true });
  };
  return { selected, select, linkTo };
}
