-- expect: unsupported 3:3
begin
  goto x;
end;
