-- expect: unsupported 3:3
begin
  $if $$debug $then null; $end
end;
