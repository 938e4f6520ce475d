-- expect: ORA-00911 2:27
select * from t where a = ?
