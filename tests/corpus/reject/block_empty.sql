-- expect: PLS-00103 3:1
begin
end;
