-- expect: PLS-00312 3:13
begin
  p(a => 1, 2);
end;
