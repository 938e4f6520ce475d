-- expect: PLS-00103 3:24
begin
  dbms_output.put_line(‘x’);
end;
