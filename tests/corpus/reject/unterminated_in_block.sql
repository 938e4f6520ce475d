-- expect: ORA-01756 3:8
begin
  x := 'abc;
end;
