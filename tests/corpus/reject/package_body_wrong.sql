-- expect: PLS-00103 4:1
create package body p is
  procedure q is begin null; end
end;
